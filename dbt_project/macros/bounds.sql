{# The day, but not before the bound; an unknown day stays unknown, an unknown bound bounds nothing. #}
{% macro not_before(day, bound) -%}
    case when ({{ day }}) < ({{ bound }}) then {{ bound }} else {{ day }} end
{%- endmacro %}


{# The day, but not after the bound; an unknown day stays unknown, an unknown bound bounds nothing. #}
{% macro not_after(day, bound) -%}
    case when ({{ day }}) > ({{ bound }}) then {{ bound }} else {{ day }} end
{%- endmacro %}
