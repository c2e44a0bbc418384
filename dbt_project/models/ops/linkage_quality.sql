select
    night_id,
    model_id,
    damage,
    hidden,
    linked_right,
    linked_wrong,
    held,
    apart,
    cast(linked_right as double) / nullif(linked_right + linked_wrong, 0) as link_precision,
    cast(linked_right as double) / nullif(hidden, 0) as link_recall
from {{ ref('stg_linkage_quality') }}
