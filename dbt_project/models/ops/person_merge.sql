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
    model_id,
    -- merges and splits of the same two keys take turns: the next one takes this one back
    lead(merge_id) over (partition by person_key, linked_key order by happened_at, night_id) as undone_by
from {{ ref('stg_person_merge') }}
