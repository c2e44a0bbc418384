{# Table macros of recorded time: what the warehouse knew on a day. They count by the same rules as the others. #}

{# The versions of stays that stood on the day that is asked. #}
{% macro versions_on(day) -%}
    select version.*
    from core.stay_version as version
    where
        version.recorded_from <= cast({{ day }} as date)
        and (version.recorded_to is null or cast({{ day }} as date) < version.recorded_to)
{%- endmacro %}

{% macro table_macro_stays_known_on() -%}
    create or replace macro main.stays_known_on(known_on) as table
    {{ versions_on('known_on') }}
{%- endmacro %}

{% macro table_macro_stock_known_on() -%}
    create or replace macro main.stock_known_on(definition, date, level, known_on) as table
    with known_stay as (
        {{ counting_stays(
            '(' ~ versions_on('known_on') ~ ')', 'intermediate.int_counting_place', 'intermediate.int_stay_registration'
        ) }}
    )
    select stock.*
    from (
        {{ stock_of('known_stay') }}
    ) as stock
    order by all
{%- endmacro %}
