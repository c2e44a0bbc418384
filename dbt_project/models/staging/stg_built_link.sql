select
    person_key,
    linked_key
from {{ source('built', 'link') }}
