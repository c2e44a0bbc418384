{# Months as numbers: what happened in the twelve months to a month end is then a matter of whole numbers. #}
{% macro month_number(day) -%}
    cast(year({{ day }}) * 12 + month({{ day }}) as integer)
{%- endmacro %}


{# What is so on some day up to `last_day` is so within the twelve months to every month end before this month. #}
{% macro forgotten_in(last_day) -%}
    ({{ month_number(last_day) }} + 12)
{%- endmacro %}


{# Months of one person that begin after all earlier ones of the group are over: nobody is counted twice in a month. #}
{% macro not_yet_counted(from_month, to_month, group) -%}
    greatest(
        {{ from_month }},
        coalesce(
            max({{ to_month }}) over (
                partition by {{ group }}
                order by {{ from_month }}, {{ to_month }}
                rows between unbounded preceding and 1 preceding
            ),
            {{ from_month }}
        )
    )
{%- endmacro %}


{#
    Parts of stays in the areas where their persons are counted, with what they are counted as: each of `answers` from a
    month to before another, no earlier than the first month end of the figures and no later than the one after the last.
    What is counted at no month end of them has no months. As numbers throughout, since there are many.
#}
{% macro frequency_parts(columns, answers) -%}
    {% set bounds = {
        'certain': (month_number('counting.certain_from'), forgotten_in('counting.certain_to - 1')),
        'possible': (month_number('counting.possible_from'), forgotten_in('counting.possible_to - 1')),
        'start': (forgotten_in('counting.certain_from'), forgotten_in('counting.certain_to')),
    } %}
    {% set months = [] %}
    {% for answer in answers %}
        {% set first = within_figures('greatest(' ~ bounds[answer][0] ~ ', side.from_month)') %}
        {% set last = within_figures('least(' ~ bounds[answer][1] ~ ', side.to_month)') %}
        {% do months.append(first ~ ' as ' ~ answer ~ '_from, ' ~ last ~ ' as ' ~ answer ~ '_to') %}
    {% endfor %}
    -- one side after the other: asked together, the sides would be joined before it is known which of them counts
    {{ frequency_parts_of('in', columns, months) }}
    union all
    {{ frequency_parts_of('out', columns, months) }}
{%- endmacro %}


{% macro frequency_parts_of(direction, columns, months) -%}
    select
        definition.definition_number,
        side.area_number,
        side.{{ columns | join(', side.') }},
        {{ months | join(', ') }}
    from {{ ref('int_counting_interval') }} as counting
    inner join {{ ref('int_frequency_definition') }} as definition
        on counting.definition_id = definition.definition_id
    inner join {{ ref('int_frequency_side') }} as side on counting.part_number = side.part_number
    where
        definition.is_first
        and definition.direction = '{{ direction }}'
        and side.direction = '{{ direction }}'
        and counting.possible_from <= {{ of_figures('last_day') }}
        and counting.possible_to > {{ of_figures('forgotten_day') }}
{%- endmacro %}


{# A month, bounded by those of the figures. #}
{% macro within_figures(month) -%}
    cast(
        greatest(
            least({{ month }}, {{ of_figures('last_month') }} + 1),
            {{ of_figures('first_month') }}
        ) as integer
    )
{%- endmacro %}


{# A column of the one row of int_frequency_month, as a value: a join would hide from the engine how few rows it is. #}
{% macro of_figures(column) -%}
    (select figures.{{ column }} from {{ ref('int_frequency_month') }} as figures)
{%- endmacro %}
