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


{# Is the way between two places one that a definition counts? `places` says which boundaries lie between them. #}
{% macro is_across_boundary(definition, places) -%}
    case {{ definition }}.boundary_level
    {%- for level in levels() %}
            when '{{ level }}' then {{ places }}.crosses_{{ level }}
    {%- endfor %}
            when 'none' then true
        end
        and case
            when {{ definition }}.within_boundary = 'province' then not {{ places }}.crosses_province
            when {{ definition }}.within_boundary = 'city_districts' then {{ places }}.is_intra_city
            else true
        end
        and not ({{ places }}.is_intra_city and {{ definition }}.excludes_intra_city)
{%- endmacro %}
