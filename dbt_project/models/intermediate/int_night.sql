{{ config(materialized='view') }}

select
    run_date,
    snapshot_id
from {{ ref('stg_site') }}
