select
    definition_id,
    boundary_level,
    within_boundary,
    excludes_intra_city,
    {{ duration_months('min_duration') }} as min_months,
    {{ duration_days('min_duration') }} as min_days,
    clock,
    sex,
    age_min,
    age_max,
    hukou_nature,
    dest_area,
    required_service,
    string_split(excluded_reasons, ';') as excluded_reasons
from {{ ref('ref_definition') }}
