select
    home_code,
    home_level,
    run_date,
    snapshot_id,
    history_months
from {{ source('raw', 'site') }}
