{#
    A span is the days that a date may be, as one number: a full date, a month, a year or a range. The smallest number is
    the narrowest span, then the earliest, so a full date goes before a month, and an earlier day before a later one.
#}
{% macro first_of_days() -%}
    date '0001-01-01'
{%- endmacro %}


{% macro days_in_number() -%}
    4194304
{%- endmacro %}


{% macro pack_span(first_day, last_day) -%}
    {{ days_between(first_day, last_day) }} * {{ days_in_number() }} + {{ days_between(first_of_days(), first_day) }}
{%- endmacro %}


{# The first day that it may be. #}
{% macro span_from(span) -%}
    {{ plus_days(first_of_days(), span ~ ' % ' ~ days_in_number()) }}
{%- endmacro %}


{# The last day that it may be. #}
{% macro span_to(span) -%}
    {{ plus_days(first_of_days(), span ~ ' % ' ~ days_in_number() ~ ' + ' ~ span ~ ' // ' ~ days_in_number()) }}
{%- endmacro %}


{# Whether more than one day is possible. #}
{% macro is_vague(span) -%}
    coalesce({{ span }} >= {{ days_in_number() }}, false)
{%- endmacro %}


{# Whether a span lies in another: what it says is then the same, said better. #}
{% macro lies_in(span, other) -%}
    ({{ span_from(span) }} >= {{ span_from(other) }} and {{ span_to(span) }} <= {{ span_to(other) }})
{%- endmacro %}


{# How many days more than one it may be, for the narrowest first. #}
{% macro span_width(span) -%}
    {{ span }} // {{ days_in_number() }}
{%- endmacro %}


{# A span as it is published: the date where there is one, else the day before it and the last day it may be. #}
{% macro published_date(first_day, last_day) -%}
    case when {{ first_day }} = {{ last_day }} then {{ first_day }} end
{%- endmacro %}


{% macro published_after(first_day, last_day) -%}
    case
        when {{ first_day }} < {{ last_day }} then {{ plus_days(first_day, '-1') }}
    end
{%- endmacro %}


{% macro published_before(first_day, last_day) -%}
    case when {{ first_day }} < {{ last_day }} then {{ last_day }} end
{%- endmacro %}
