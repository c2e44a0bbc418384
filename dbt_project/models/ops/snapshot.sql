select
    snapshot_id,
    night_id,
    run_date,
    built_at,
    popflow_version,
    files_taken,
    rows_accepted,
    rows_returned
from {{ ref('stg_snapshot') }}
