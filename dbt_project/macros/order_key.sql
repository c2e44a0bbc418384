{# Several values as one that sorts by the first, then the second, and so on: the order of min_by and max_by. #}
{% macro order_key(values) -%}
    {{ return(adapter.dispatch('order_key', 'popflow')(values)) }}
{%- endmacro %}


{% macro default__order_key(values) -%}
    struct({{ values | join(', ') }})
{%- endmacro %}


{% macro duckdb__order_key(values) -%}
    row({{ values | join(', ') }})
{%- endmacro %}


{# A number that is smaller the later the date: lets the latest come first where the smallest is taken. #}
{% macro latest_first(day) -%}
    {{ dbt.datediff(day, "date '9999-12-31'", 'day') }}
{%- endmacro %}
