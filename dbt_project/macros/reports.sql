{# What reports are held against: definitions as the items of reports narrow them, counted by the rules of counting. #}

{# The name of a definition with an item's own least duration and ages; without any it is the definition itself. #}
{% macro asked_definition_id(item, min_duration) -%}
    concat_ws(
        '/',
        {{ item }}.definition_id,
        {{ min_duration }},
        case when coalesce({{ item }}.age_min, {{ item }}.age_max) is not null
            then concat(coalesce({{ item }}.age_min, 0), '-', coalesce(cast({{ item }}.age_max as varchar), ''))
        end
    )
{%- endmacro %}

{# Does a stay lie in the range of an item: beyond the one boundary, within the other? Of places outside the country #}
{# the register knows none, so nobody whose other end is known lies there. #}
{% macro is_in_range(item, stay) -%}
    case {{ item }}.beyond_level
    {%- for level in levels() %}
            when '{{ level }}' then {{ stay }}.crosses_{{ level }}
    {%- endfor %}
            when 'country' then case when {{ stay }}.crosses_province is not null then false end
            else true
        end
        and case {{ item }}.within_level
    {%- for level in levels() %}
            when '{{ level }}' then not {{ stay }}.crosses_{{ level }}
    {%- endfor %}
            else true
        end
{%- endmacro %}

{# Is a place in a city or in a county, as the police tell origins apart: by what its county-level division is. #}
{# Districts of a city and county-level cities are city all over; zones and other districts of no city are neither. #}
{% macro origin_area(place, county_name) -%}
    case
        when {{ place }}.is_city_district or {{ county_name }} like '%市' then 'urban'
        when {{ county_name }} like '%县' or {{ county_name }} like '%旗' then 'county'
    end
{%- endmacro %}

{# Is somebody among those whom an item counts of the people of its definition? Yes, no or unknown. #}
{% macro is_of_item(item, stay) -%}
    (
        {{ is_as_required(item ~ '.sex', stay ~ '.sex') }}
        and {{ is_as_required(item ~ '.dwelling', stay ~ '.dwelling_code') }}
        and {{ is_as_required("nullif(" ~ item ~ ".category, 'ALL')", stay ~ '.reason_code') }}
        and {{ is_as_required(item ~ '.origin_area', stay ~ '.origin_area') }}
        and {{ is_in_range(item, stay) }}
    )
{%- endmacro %}

{# Rows of a list that count all with the sum of those that count a part each; `key` is what they have in common. Of #}
{# a list with returned rows nobody knows what its rows add up to. #}
{% macro rows_added_up(key, part_of_total) -%}
    select
        total.period,
        total.file_id,
        total.sheet,
        total.row_number,
        total.item,
        cast(sum(part.persons) as bigint) as computed,
        count(distinct part.cell_unit_code) as units,
        case when any_value(cut_list.period) is null then 0 end as computed_unknown
    from {{ ref('int_report_cell') }} as total
    inner join {{ ref('int_report_cell') }} as part
        on
            total.period = part.period
            and total.form_id = part.form_id
            and total.sender_code = part.sender_code
            and total.reported_on = part.reported_on
            and total.item = part.item
            and total.{{ key }} = part.{{ key }}
            and (
                total.direction is distinct from 'flow'
                or total.origin_code in (part.origin_code, total.cell_unit_code)
                and total.dest_code in (part.dest_code, total.cell_unit_code)
            )
    left join {{ ref('int_cut_list') }} as cut_list
        on
            total.form_id = cut_list.form_id
            and total.sender_code = cut_list.unit_code
            and total.period = cut_list.period
    where {{ part_of_total }}
    group by all
{%- endmacro %}

{# From how alike two words are on (0 to 1) one of them is a hint at what the other means. #}
{% macro least_likeness() -%}
    0.66
{%- endmacro %}
