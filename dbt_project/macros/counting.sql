{# The rule of counting, piece by piece. Every number of schema stats and every table macro is made of these pieces, #}
{# so that a rule has one home. Booleans are three-valued: null is "cannot be decided". #}

{# The five levels, from the top down. #}
{% macro levels() -%}
    {{ return(['province', 'city', 'county', 'township', 'village']) }}
{%- endmacro %}

{# Bounds that stand for "always" and "never": comparisons with them need no case for null. #}
{% macro beginning_of_time() -%}
    date '0001-01-01'
{%- endmacro %}

{% macro end_of_time() -%}
    date '9999-01-01'
{%- endmacro %}

{# A day moved by whole calendar months (a day that the month lacks becomes its last day), then by days. #}
{% macro date_plus(day, months, days='0') -%}
    cast({{ day }} + to_months({{ months }}) + to_days({{ days }}) as date)
{%- endmacro %}

{# The last day that, moved by months and days, is not after another day: date_plus the other way round. The last day #}
{# of a month is also that of all days that a month lacks. #}
{% macro date_minus(day, months, days='0') -%}
    cast(
        case
            when {{ day }} - to_days({{ days }}) = last_day(cast({{ day }} - to_days({{ days }}) as date))
                then last_day(cast({{ day }} - to_days({{ days }}) - to_months({{ months }}) as date))
            else {{ day }} - to_days({{ days }}) - to_months({{ months }})
        end as date
    )
{%- endmacro %}

{# Whole calendar months from one day to another, by the same arithmetic as date_plus. #}
{% macro completed_months(from_day, to_day) -%}
    (
        date_diff('month', {{ from_day }}, {{ to_day }})
        - case
            when {{ date_plus(from_day, "cast(date_diff('month', " ~ from_day ~ ", " ~ to_day ~ ") as integer)") }}
                > {{ to_day }} then 1
            else 0
        end
    )
{%- endmacro %}

{# Do two places lie in different divisions of a level? A difference at any known level down to it decides for yes, #}
{# the same known division at that level for no, anything else is unknown. #}
{% macro crosses(origin, destination, level) -%}
    case
        when
    {%- for upper in levels()[:levels().index(level) + 1] %}
        {{ 'or ' if not loop.first }}{{ origin }}.{{ upper }}_key != {{ destination }}.{{ upper }}_key
    {%- endfor %} then true
        when {{ origin }}.{{ level }}_key = {{ destination }}.{{ level }}_key then false
    end
{%- endmacro %}

{# The division that holds a place at a level, or the deepest one known above it. #}
{% macro key_at_level(place, level) -%}
    coalesce(
    {%- for upper in levels()[:levels().index(level) + 1] | reverse -%}
        {{ place }}.{{ upper }}_key{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}

{# The same where the level is a value, not known before the query runs. #}
{% macro key_at_asked_level(place, asked) -%}
    case {{ asked }}
    {%- for level in levels() %}
            when '{{ level }}' then {{ key_at_level(place, level) }}
    {%- endfor %}
    end
{%- endmacro %}

{# Is a stay counted under a definition on a day, or unknown on it? `counting` is a row of int_counting_interval. #}
{% macro is_counted(counting, day) -%}
    ({{ counting }}.certain_from <= {{ day }} and {{ day }} < {{ counting }}.certain_to)
{%- endmacro %}

{% macro is_unknown(counting, day) -%}
    (
        {{ counting }}.possible_from <= {{ day }} and {{ day }} < {{ counting }}.possible_to
        and not {{ is_counted(counting, day) }}
    )
{%- endmacro %}

{# Did a stay begin (stop) to be counted after `opening` and up to `closing`? #}
{% macro began_to_count(counting, opening, closing) -%}
    (
        {{ counting }}.certain_from < {{ counting }}.certain_to
        and {{ opening }} < {{ counting }}.certain_from and {{ counting }}.certain_from <= {{ closing }}
    )
{%- endmacro %}

{% macro stopped_counting(counting, opening, closing) -%}
    (
        {{ counting }}.certain_from < {{ counting }}.certain_to
        and {{ opening }} < {{ counting }}.certain_to and {{ counting }}.certain_to <= {{ closing }}
    )
{%- endmacro %}

{# If it began to count: because it began itself after `opening`, and not because the register changed? #}
{% macro began_by_arriving(counting, stay, opening) -%}
    (
        {{ opening }} < {{ stay }}.arrived_by
        and ({{ stay }}.known_from < {{ counting }}.certain_from or {{ stay }}.known_from <= {{ stay }}.arrived_by)
    )
{%- endmacro %}

{# If it stopped: because it ended itself, or is no longer certain to go on? #}
{% macro stopped_by_ending(counting, stay) -%}
    ({{ counting }}.certain_to = {{ stay }}.open_until)
{%- endmacro %}

{% macro is_arrival(counting, stay, opening, closing) -%}
    ({{ began_to_count(counting, opening, closing) }} and {{ began_by_arriving(counting, stay, opening) }})
{%- endmacro %}

{% macro is_departure(counting, stay, opening, closing) -%}
    ({{ stopped_counting(counting, opening, closing) }} and {{ stopped_by_ending(counting, stay) }})
{%- endmacro %}

{# The last month end, written out as a date: only so can a filter on it reach through the views of schema stats. #}
{% macro last_as_of() -%}
    {%- set months = ref('int_counting_month') -%}
    {%- set found = run_query("select max(as_of) from " ~ months) if execute else none -%}
    {{ return("date '" ~ ((found.columns[0].values()[0] if found else none) or '2000-01-31') ~ "'") }}
{%- endmacro %}

{# The days on which a stay is certain to be open, whatever the definition: from the first, before the second. #}
{% macro present_from(stay) -%}
    greatest({{ stay }}.arrived_by, {{ stay }}.known_from)
{%- endmacro %}

{% macro present_to(stay) -%}
    least({{ stay }}.open_until, {{ stay }}.over_by, {{ stay }}.known_to)
{%- endmacro %}
