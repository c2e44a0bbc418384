{# ISO 8601 durations are read here and nowhere else. #}
{% set number_of = "coalesce(try_cast(regexp_extract(min_duration, '([0-9]+)UNIT', 1) as integer), 0)" %}
select
    definition_id,
    boundary_level,
    within_boundary,
    excludes_intra_city,
    {{ number_of | replace('UNIT', 'Y') }} * 12 + {{ number_of | replace('UNIT', 'M') }} as min_months,
    {{ number_of | replace('UNIT', 'W') }} * 7 + {{ number_of | replace('UNIT', 'D') }} as min_days,
    clock,
    sex,
    age_min,
    age_max,
    hukou_nature,
    dest_area,
    required_service,
    string_split(excluded_reasons, ';') as excluded_reasons
from {{ ref('ref_definition') }}
