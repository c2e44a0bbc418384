{# ISO 8601 durations are read here and nowhere else: as whole calendar months, and days beside them. #}
{% macro _number_before(duration, unit) -%}
    coalesce(try_cast(regexp_extract({{ duration }}, '([0-9]+){{ unit }}', 1) as integer), 0)
{%- endmacro %}

{% macro duration_months(duration) -%}
    {{ _number_before(duration, 'Y') }} * 12 + {{ _number_before(duration, 'M') }}
{%- endmacro %}

{% macro duration_days(duration) -%}
    {{ _number_before(duration, 'W') }} * 7 + {{ _number_before(duration, 'D') }}
{%- endmacro %}
