with

not_employment as (
    select string_agg(reason_code, ';' order by reason_code) as reason_codes
    from {{ ref('reason_employment') }}
    where not is_employment
)

select
    definition.definition_id,
    definition.agency,
    definition.name_zh,
    definition.name_en,
    definition.direction,
    definition.boundary_level,
    definition.within_boundary,
    definition.excludes_intra_city,
    definition.min_duration,
    definition.clock,
    definition.age_min,
    definition.age_max,
    definition.hukou_nature,
    case
        when definition.purpose_required = 'employment' then not_employment.reason_codes
        else definition.excluded_reasons
    end as excluded_reasons,
    definition.unit,
    definition.valid_from,
    definition.valid_to,
    definition.source,
    definition.note
from {{ ref('definition') }} as definition
cross join not_employment
