select
    person_key,
    linked_key,
    rule_id,
    weight,
    evidence
from {{ source('raw', 'person_link') }}
