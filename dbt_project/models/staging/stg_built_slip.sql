select
    file_id,
    rows_replaced
from {{ source('built', 'slip') }}
