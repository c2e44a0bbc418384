select
    file_id,
    reported_on,
    list_kind
from {{ source('built', 'file') }}
