{#
    The group of the next member of a row of members: the first group that holds none of the earlier members it
    conflicts with, or a new one named by its own position. "groups" lists the groups of the earlier members, "conflicts"
    the positions of those it conflicts with (null: none).
#}
{% macro first_open_group(groups, conflicts, position) -%}
    {{ return(adapter.dispatch('first_open_group', 'popflow')(groups, conflicts, position)) }}
{%- endmacro %}


{% macro default__first_open_group(groups, conflicts, position) -%}
    coalesce(
        array_min(
            array_except(
                {{ groups }},
                coalesce(transform({{ conflicts }}, place -> element_at({{ groups }}, place)), array())
            )
        ),
        {{ position }}
    )
{%- endmacro %}


{% macro duckdb__first_open_group(groups, conflicts, position) -%}
    coalesce(
        list_min(
            list_filter(
                {{ groups }},
                lambda taken: not coalesce(list_contains(list_select({{ groups }}, {{ conflicts }}), taken), false)
            )
        ),
        {{ position }}
    )
{%- endmacro %}


{# The different names in a group as one text, in their order. #}
{% macro distinct_names(name, separator) -%}
    {{ return(adapter.dispatch('distinct_names', 'popflow')(name, separator)) }}
{%- endmacro %}


{% macro default__distinct_names(name, separator) -%}
    array_join(sort_array(collect_set({{ name }})), {{ separator }})
{%- endmacro %}


{# An ordered string_agg would keep and sort a list of each group's values of its own. #}
{% macro duckdb__distinct_names(name, separator) -%}
    array_to_string(list_sort(list_distinct(array_agg({{ name }}))), {{ separator }})
{%- endmacro %}
