select
    night_id,
    model_id,
    damage,
    hidden,
    linked_right,
    linked_wrong,
    held,
    apart
from {{ source('raw', 'linkage_quality') }}
