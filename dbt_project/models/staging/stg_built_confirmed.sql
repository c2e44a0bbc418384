select
    person_key,
    confirmed_until
from {{ source('built', 'confirmed') }}
