select
    file_id,
    sheet,
    heading,
    kind,
    reason
from {{ ref('stg_dropped_column') }}
