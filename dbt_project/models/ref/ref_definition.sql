{%- set columns = [
    'definition_id', 'agency', 'name_zh', 'name_en', 'direction', 'stock_or_flow', 'boundary_level', 'within_boundary',
    'excludes_intra_city', 'min_duration', 'clock', 'sex', 'age_min', 'age_max', 'hukou_nature', 'dest_area',
    'required_service', 'purpose_required', 'excluded_reasons', 'unit', 'own_form', 'reference_time', 'valid_from',
    'valid_to', 'source', 'note', 'note_zh',
] -%}
with

-- those that ship, and those a site adds
defined as (
    select {{ columns | join(', ') }} from {{ ref('definition') }}
    union all
    select {{ columns | join(', ') }} from {{ ref('stg_definition') }}
),

not_employment as (
    select string_agg(reason_code, ';' order by reason_code) as reason_codes
    from {{ ref('reason_employment') }}
    where not is_employment
)

select
    defined.definition_id,
    defined.agency,
    defined.name_zh,
    defined.name_en,
    defined.direction,
    defined.stock_or_flow,
    defined.boundary_level,
    defined.within_boundary,
    defined.excludes_intra_city,
    defined.min_duration,
    defined.clock,
    defined.sex,
    defined.age_min,
    defined.age_max,
    defined.hukou_nature,
    defined.dest_area,
    defined.required_service,
    case
        when defined.purpose_required is null then defined.excluded_reasons
        when defined.excluded_reasons is null then not_employment.reason_codes
        else not_employment.reason_codes || ';' || defined.excluded_reasons
    end as excluded_reasons,
    defined.unit,
    defined.own_form,
    defined.reference_time,
    defined.valid_from,
    defined.valid_to,
    defined.source,
    defined.note,
    defined.note_zh
from defined
cross join not_employment
