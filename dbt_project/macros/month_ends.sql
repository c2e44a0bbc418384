{# The divisions of the home division that hold a place on a day. #}
{% macro join_home(place, day) -%}
    inner join {{ ref('int_counting_home') }} as home
        on
            {{ place }} = home.place_code
            and {{ day }} >= home.known_from
            and {{ day }} < home.known_to
{%- endmacro %}

{# What counts or may count at each month end, seen from one end: once for each division of the home division that #}
{# holds it. `columns` are asked of month, counting, definition and stay, `condition` too. #}
{% macro stays_seen_from(direction, place, columns, definitions, condition) -%}
    select
        month.as_of,
        counting.definition_id,
        '{{ direction }}' as direction,
        home.level,
        home.division_code,
        {{ columns | join(', ') }}
    from {{ ref('int_counting_month') }} as month
    inner join {{ ref('int_counting_interval') }} as counting
        on month.as_of >= counting.possible_from and month.as_of < counting.possible_to
    inner join {{ definitions }} as definition
        on counting.definition_id = definition.definition_id
    inner join {{ ref('int_counting_stay') }} as stay
        on counting.part_number = stay.part_number
    {{ join_home('stay.' ~ place, 'month.as_of') }}
    where {{ condition }}
{%- endmacro %}

{# The same seen from both ends. #}
{% macro stays_at_month_ends(columns, definitions, condition='true') -%}
    {{ stays_seen_from('in', 'dest_code', columns, definitions, condition) }}
    union all
    {{ stays_seen_from('out', 'origin_code', columns, definitions, condition) }}
{%- endmacro %}

{# The intervals of definitions, and of those made for the durations that reports ask about. #}
{% macro intervals_of_reports() -%}
    select
        definition_id,
        part_number,
        possible_from,
        possible_to,
        certain_from,
        certain_to
    from {{ ref('int_counting_interval') }}
    union all
    select
        definition_id,
        part_number,
        possible_from,
        possible_to,
        certain_from,
        certain_to
    from {{ ref('int_report_interval') }}
{%- endmacro %}
