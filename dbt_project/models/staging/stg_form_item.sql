select
    form_id,
    item,
    definition_id,
    direction,
    is_registered,
    sex,
    age_min,
    age_max,
    min_duration,
    max_duration,
    range,
    beyond_level,
    within_level,
    origin_kind,
    dwelling
from {{ source('raw', 'form_item') }}
