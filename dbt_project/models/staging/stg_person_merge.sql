select
    merge_id,
    night_id,
    happened_at,
    kind,
    person_key,
    linked_key,
    rule_id,
    weight,
    evidence,
    model_id
from {{ source('raw', 'person_merge') }}
