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

-- every reason with its names, and whether it is excluded
judged as (
    select
        defined.definition_id,
        defined.purpose_required,
        reason.reason_code,
        coalesce(named.name_zh, reason.reason_code) as name_zh,
        coalesce(named.name_en, reason.reason_code) as name_en,
        coalesce(';' || defined.excluded_reasons || ';' like '%;' || reason.reason_code || ';%', false)
        or (defined.purpose_required is not null and not reason.is_employment) as is_excluded
    from defined
    cross join {{ ref('reason_employment') }} as reason
    left join {{ ref('stg_code') }} as named
        on
            reason.reason_code = named.code
            and named.list_id = 'reason'
),

-- a purpose is told by the reasons that it leaves, a few reasons by those that are excluded
reasons as (
    select
        definition_id,
        string_agg(reason_code, ';' order by reason_code) filter (where is_excluded) as excluded_reasons,
        string_agg(name_zh, '、' order by reason_code)
        filter (where purpose_required is not null and not is_excluded) as reasons_zh,
        string_agg(name_en, '; ' order by reason_code)
        filter (where purpose_required is not null and not is_excluded) as reasons_en,
        string_agg(name_zh, '、' order by reason_code)
        filter (where purpose_required is null and is_excluded) as not_reasons_zh,
        string_agg(name_en, '; ' order by reason_code)
        filter (where purpose_required is null and is_excluded) as not_reasons_en
    from judged
    group by definition_id
),

detail as (
    select distinct
        map.service_code,
        map.detail_code,
        coalesce(named.name_zh, map.detail_code) as name_zh,
        coalesce(named.name_en, map.detail_code) as name_en
    from {{ ref('service_map') }} as map
    left join {{ ref('stg_code') }} as named
        on
            map.detail_code = named.code
            and map.field = named.list_id
    where map.detail_code is not null
),

worded as (
    select
        defined.*,
        reasons.excluded_reasons as all_excluded_reasons,
        reasons.reasons_zh,
        reasons.reasons_en,
        reasons.not_reasons_zh,
        reasons.not_reasons_en,
        service.name_zh || coalesce('（' || detail.name_zh || '）', '') as service_zh,
        service.name_en || coalesce(' (' || detail.name_en || ')', '') as service_en
    from defined
    inner join reasons on defined.definition_id = reasons.definition_id
    left join {{ ref('service_code') }} as service
        on split_part(defined.required_service, '/', 1) = service.service_code
    left join detail
        on
            service.service_code = detail.service_code
            and split_part(defined.required_service, '/', 2) = detail.detail_code
)

select
    worded.definition_id,
    worded.agency,
    worded.name_zh,
    worded.name_en,
    worded.direction,
    worded.stock_or_flow,
    worded.boundary_level,
    worded.within_boundary,
    worded.excludes_intra_city,
    worded.min_duration,
    worded.clock,
    worded.sex,
    worded.age_min,
    worded.age_max,
    worded.hukou_nature,
    worded.dest_area,
    worded.required_service,
    worded.all_excluded_reasons as excluded_reasons,
    worded.unit,
    worded.own_form,
    worded.reference_time,
    worded.valid_from,
    worded.valid_to,
    worded.source,
    worded.note,
    worded.note_zh,
    {{ definition_text_zh('worded') }} as text_zh,
    {{ definition_text_en('worded') }} as text_en
from worded
