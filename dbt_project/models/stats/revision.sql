{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    pre_hook="{{ take_back_revisions() }}"
) }}
{%- set key = ['as_of', 'definition_id', 'direction', 'level', 'division_code'] -%}
{%- set nothing_yet = "(select now.*, '' as snapshot_id from now where false)" -%}
with now as (
    select
        month as as_of,
        definition_id,
        direction,
        level,
        division_code,
        closing as persons
    from {{ ref('change') }}
),

published as (
    select
        {% for column in key -%}
            earlier.{{ column }},
        {% endfor -%}
        max_by(earlier.persons, earlier.snapshot_id) as persons
    from {{ this if is_incremental() else nothing_yet }} as earlier
    where earlier.as_of in (select month.as_of from {{ ref('int_counting_month') }} as month)
    group by all
),

-- what is in one of the two alone was nobody in the other
compared as (
    select
        {{ key | join(', ') }},
        coalesce(sum(now_persons), 0) as persons,
        coalesce(sum(published_persons), 0) as published_persons
    from (
        select
            {{ key | join(', ') }},
            persons as now_persons,
            0 as published_persons
        from now
        union all
        select
            {{ key | join(', ') }},
            0 as now_persons,
            persons as published_persons
        from published
    ) as either
    group by all
)

select
    {% for column in key -%}
        compared.{{ column }},
    {% endfor -%}
    night.snapshot_id,
    cast(compared.persons as bigint) as persons
from compared
cross join {{ ref('int_night') }} as night
where compared.persons != compared.published_persons
