{#
    In which division of each level every place lay on every day. Before a code existed that is where its predecessor
    lay, after it ended where its successor does; of several, what they share. What lies in a division that changed its
    code went by the code of the day as well: levels are done from the top down, each inside what is known of those above.
#}
{%- set keys = ['province_key', 'city_key', 'county_key', 'township_key', 'village_key'] -%}
{%- set values = keys + ['is_city_district', 'urban_rural_code'] -%}
{%- set stages = [
    {'name': 'city', 'levels': ['province', 'city']},
    {'name': 'county', 'levels': ['county']},
    {'name': 'township', 'levels': ['township']},
    {'name': 'village', 'levels': ['village']},
] -%}
with

-- villages are many; only those that a stay, known now or once, or the home division needs are kept
needed_village as (
    select stay.origin_code as code
    from {{ ref('stay') }} as stay
    union
    select stay.dest_code as code
    from {{ ref('stay') }} as stay
    union
    select version.origin_code as code
    from {{ ref('stay_version') }} as version
    union
    select version.dest_code as code
    from {{ ref('stay_version') }} as version
    union
    select division.code
    from {{ ref('division') }} as division
    inner join {{ ref('stg_site') }} as site
        on site.home_code in (
            division.province_code, division.city_code, division.county_code, division.township_code, division.code
        )
),

-- a code stands for what it was given to last
last_span as (
    select
        code,
        max(span_id) as span_id
    from {{ ref('int_division_span') }}
    group by code
),

related as (
    {% for own, other in [('from', 'to'), ('to', 'from')] -%}
        select
            last_span.code,
            lineage.{{ other }}_code as other_code,
            lineage.{{ other }}_known_from as known_from,
            lineage.{{ other }}_known_to as known_to
        from last_span
        inner join {{ ref('int_division_lineage') }} as lineage
            on last_span.span_id = lineage.{{ own }}_id
        {{ 'union' if not loop.last }}
    {% endfor %}
),

kept_village as (
    select code
    from needed_village
    union
    select related.other_code as code
    from related
    inner join needed_village on related.code = needed_village.code
),

-- a register also speaks for the time before the first and after the last one loaded
listed as (
    select
        division.*,
        case
            when row_number() over code_history = 1 then {{ beginning_of_time() }}
            else division.valid_from
        end as known_from,
        coalesce(lead(division.valid_from) over code_history, {{ end_of_time() }}) as known_to
    from {{ ref('int_division_key') }} as division
    where division.level != 'village' or division.code in (select kept_village.code from kept_village)
    window code_history as (partition by division.code order by division.valid_from)
),

{% for stage in stages -%}
    {%- set upper = stages[:loop.index0] -%}
    {%- set deeper = levels()[levels().index(stage.levels[-1]) + 1:] -%}
    {{ stage.name }}_inside as (
        {{ places_inside(stage, upper, values) }}
    ),

    {{ stage.name }}_related as (
        {{ places_related(stage, upper, deeper, values) }}
    ),

    {{ stage.name }}_shared as (
        {{ places_shared(stage, values) }}
    ),

    {{ stage.name }}_history as (
        {{ places_history(stage, values) }}
    ),

{% endfor -%}
every_history as (
    {% for stage in stages -%}
        select *
        from {{ stage.name }}_history
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

marked as (
    select
        history.*,
        listed.name,
        greatest(history.known_from, listed.known_from) as from_day,
        concat_ws(
            '/',
            {% for value in values -%}
                coalesce(cast(history.{{ value }} as varchar), ''),
            {% endfor -%}
            listed.name
        ) as every_value
    from every_history as history
    inner join listed
        on
            history.code = listed.code
            and history.known_to > listed.known_from
            and history.known_from < listed.known_to
),

begun as (
    select
        *,
        coalesce(every_value != lag(every_value) over (partition by code order by from_day), true) as is_new
    from marked
),

told as (
    select
        code,
        name,
        from_day as known_from,
        coalesce(lead(from_day) over (partition by code order by from_day), {{ end_of_time() }}) as known_to,
        {{ values | join(', ') }}
    from begun
    where is_new
    union all
    select
        listed.code,
        listed.name,
        listed.known_from,
        listed.known_to,
        {{ columns_of('listed', values) }}
    from listed
    where listed.code not in (select every_history.code from every_history)
)

select
    told.code as place_code,
    level.level,
    told.name,
    told.known_from,
    told.known_to,
    {{ columns_of('told', values) }}
from told
inner join listed as level
    on
        told.code = level.code
        and level.known_from = {{ beginning_of_time() }}
where level.level != 'village' or told.code in (select needed_village.code from needed_village)
