{{ config(materialized='view') }}
select distinct
    file.form_id,
    file.unit_code,
    file.period
from {{ ref('stg_returned_row') }} as returned
inner join {{ ref('int_current_file') }} as file on returned.file_id = file.file_id
