{# Kinds of stays: what definitions cannot tell apart on a day is put together, so that each is judged once. #}

{# What a definition sees of a stay as it is, and the days of which it sees only whether they are early enough. #}
{% macro seen_columns() -%}
    {{ return([
        'crosses_province', 'crosses_city', 'crosses_county', 'crosses_township', 'crosses_village', 'is_intra_city',
        'sex', 'hukou_nature', 'dest_area', 'reason_code', 'has_services', 'lacks_services',
    ]) }}
{%- endmacro %}

{% macro compared_days() -%}
    {{ return(['left_from', 'left_by', 'arrived_from', 'arrived_by', 'registered_from', 'registered_by']) }}
{%- endmacro %}

{# For every day between the first and the last of some, the next of them: whatever is compared with them alone is #}
{# early enough for the one if it is for the other. #}
{% macro next_days(days) -%}
    (
        select
            cast(span.day as date) as day,
            min(compared.day) as next_day
        from (
            select unnest(generate_series(min(bound.day), max(bound.day), to_days(1))) as day
            from {{ days }} as bound
        ) as span
        inner join {{ days }} as compared on span.day <= compared.day
        group by span.day
    )
{%- endmacro %}

{# A day, or the next one that is compared with; all days after the last of them are alike. #}
{% macro next_compared(day, next) -%}
    case when {{ day }} is not null then coalesce({{ next }}.next_day, {{ end_of_time() }}) end
{%- endmacro %}

{# The kinds of stays of a day, numbered as parts of stays are; a kind has the columns by which stays are judged, and #}
{# of each of the columns `besides` the list of what its stays have there. #}
{% macro kinds_of_stays(definitions, stays_on_day, day, besides) -%}
with

rule as (
    select rules.*
    from {{ rules_on_day(definitions, day) }} as rules
),

clock_day as (
    select rule.begun_by as day
    from rule
    union
    select {{ day }} as day
),

birth_day as (
    select rule.born_by as day
    from rule
    where rule.age_min is not null
    union
    select rule.born_after as day
    from rule
    where rule.age_max is not null
),

next_clock_day as (
    select next_day.*
    from {{ next_days('clock_day') }} as next_day
),

next_birth_day as (
    select next_day.*
    from {{ next_days('birth_day') }} as next_day
)

select
    row_number() over () as part_number,
    stay.{{ seen_columns() | join(', stay.') }},
    {% for column in compared_days() %}
    {{ next_compared('stay.' ~ column, 'next_' ~ column) }} as {{ column }},
    {% endfor %}
    {{ next_compared('stay.birth_date', 'next_birth') }} as birth_date,
    case when {{ day }} < stay.open_until then {{ end_of_time() }} else {{ day }} end as open_until,
    {% for column in besides %}
    list(stay.{{ column }}) filter (where stay.{{ column }} is not null) as {{ column }}s{{ ',' if not loop.last }}
    {% endfor %}
from {{ stays_on_day }} as stay
{% for column in compared_days() %}
    left join next_clock_day as next_{{ column }}
        on
            greatest(stay.{{ column }}, (select min(first.day) from clock_day as first)) = next_{{ column }}.day
{% endfor %}
left join next_birth_day as next_birth
    on greatest(stay.birth_date, (select min(first.day) from birth_day as first)) = next_birth.day
group by all
{%- endmacro %}
