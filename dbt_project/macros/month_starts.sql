{# One row per month: the first days of the months from one day to another, as an expression of a select list. #}
{% macro month_starts(first_day, last_day) -%}
    {{ return(adapter.dispatch('month_starts', 'popflow')(first_day, last_day)) }}
{%- endmacro %}


{% macro default__month_starts(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval 1 month))
{%- endmacro %}


{% macro duckdb__month_starts(first_day, last_day) -%}
    unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 month))
{%- endmacro %}
