select
    file_id,
    sheet,
    heading,
    kind,
    reason
from {{ source('raw', 'dropped_column') }}
