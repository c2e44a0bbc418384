{{ config(materialized='view') }}
select
    form_id,
    whole,
    aspect,
    sum_number,
    part,
    beside_group
from {{ ref('stg_form_sum') }}
