select name
from {{ source('built', 'model') }}
