{# The day so many days later. #}
{% macro plus_days(day, days) -%}
    {{ return(adapter.dispatch('plus_days', 'popflow')(day, days)) }}
{%- endmacro %}


{% macro default__plus_days(day, days) -%}
    cast({{ dbt.dateadd('day', 'cast(' ~ days ~ ' as integer)', day) }} as date)
{%- endmacro %}


{# Days and numbers added as such: intervals would go by way of timestamps. #}
{% macro duckdb__plus_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}


{# How many days one day lies before another. #}
{% macro days_between(day, later_day) -%}
    {{ return(adapter.dispatch('days_between', 'popflow')(day, later_day)) }}
{%- endmacro %}


{% macro default__days_between(day, later_day) -%}
    cast({{ dbt.datediff(day, later_day, 'day') }} as bigint)
{%- endmacro %}


{% macro duckdb__days_between(day, later_day) -%}
    ({{ later_day }} - {{ day }})
{%- endmacro %}
