select
    person_key,
    other_key,
    weight,
    evidence,
    reason
from {{ source('raw', 'person_review') }}
