{# One digit for the depth of a place, the deepest smallest. #}
{% macro depth_digit(level) -%}
    case {{ level }}
        when 'village' then '1' when 'township' then '2' when 'county' then '3' when 'city' then '4' else '5'
    end
{%- endmacro %}


{# The level a depth digit stands for. #}
{% macro level_of_digit(digit) -%}
    case {{ digit }}
        when '1' then 'village'
        when '2' then 'township'
        when '3' then 'county'
        when '4' then 'city'
        when '5' then 'province'
    end
{%- endmacro %}


{# How precisely a place is known, the most precise first: a place that is only known to lie in one comes before it. #}
{% macro place_rank(level, lies_in='null') -%}
    case {{ lies_in }}
        when 'village' then 'a' when 'township' then 'c' when 'county' then 'e' when 'city' then 'g'
        when 'province' then 'i' when 'nothing' then 'k'
        else
            case {{ level }}
                when 'village' then 'b' when 'township' then 'd' when 'county' then 'f' when 'city' then 'h' else 'j'
            end
    end
{%- endmacro %}


{# A place as one text: rank, depth digit, 12-digit code, path. The smallest of such texts is the best known place. #}
{% macro pack_place(code, level, path="''", lies_in='null') -%}
    {{ place_rank(level, lies_in) }} || {{ depth_digit(level) }} || {{ code }} || {{ path }}
{%- endmacro %}


{% macro packed_rank(packed) -%}
    substring({{ packed }}, 1, 1)
{%- endmacro %}


{# How precisely a place is known, where one that was put together with others counts as one of its level. #}
{% macro packed_precision(packed) -%}
    greatest({{ packed_rank(packed) }}, {{ place_rank(packed_level(packed)) }})
{%- endmacro %}


{% macro packed_level(packed) -%}
    {{ level_of_digit('substring(' ~ packed ~ ', 2, 1)') }}
{%- endmacro %}


{% macro packed_code(packed) -%}
    substring({{ packed }}, 3, 12)
{%- endmacro %}


{% macro packed_path(packed) -%}
    substring({{ packed }}, 15)
{%- endmacro %}


{#
    Two places are compatible when one is the other or lies in it: nothing that is known of both differs.
    Paths name the ancestors in the newest register, so a code's own digits are never trusted. A path may have several
    alternatives, divided by "|", of a place that was divided since; behind "#" stand those of the places put together
    since that it was. An unknown place is compatible with any.
#}
{% macro compatible_places(code, path, other_code, other_path) -%}
    coalesce(
        case
            when {{ code }} = {{ other_code }}
                or substring({{ path }}, 1, length({{ other_path }})) = {{ other_path }}
                or substring({{ other_path }}, 1, length({{ path }})) = {{ path }}
                then true
            when {{ is_changed_path(path) }} or {{ is_changed_path(other_path) }}
                then {{ any_paths_fit(path, other_path) }}
            when {{ path }} is not null and {{ other_path }} is not null then false
        end,
        true
    )
{%- endmacro %}


{% macro is_changed_path(path) -%}
    ({{ path }} like '%|%' or {{ path }} like '%#%')
{%- endmacro %}


{# Whether an alternative of the one path holds, or lies in, an alternative of the other. #}
{% macro any_paths_fit(path, other_path) -%}
    {{ return(adapter.dispatch('any_paths_fit', 'popflow')(path, other_path)) }}
{%- endmacro %}


{% macro default__any_paths_fit(path, other_path) -%}
    exists(
        split({{ path }}, '[|]'), one -> exists(split({{ other_path }}, '[|]'), other -> {{ paths_fit('one', 'other') }})
    )
{%- endmacro %}


{% macro duckdb__any_paths_fit(path, other_path) -%}
    list_bool_or(
        list_transform(
            string_split({{ path }}, '|'),
            lambda one: list_bool_or(
                list_transform(string_split({{ other_path }}, '|'), lambda other: {{ paths_fit('one', 'other') }})
            )
        )
    )
{%- endmacro %}


{# What lies in a place put together from others may lie in any of these. #}
{% macro paths_fit(one, other) -%}
    substring({{ one }}, 1, length({{ other }})) = {{ other }}
    or substring({{ other }}, 1, length({{ one }})) = {{ one }}
    or substring({{ one }}, 1, length(split_part({{ other }}, '#', 1)) + 1) = split_part({{ other }}, '#', 1) || '/'
    or substring({{ other }}, 1, length(split_part({{ one }}, '#', 1)) + 1) = split_part({{ one }}, '#', 1) || '/'
{%- endmacro %}


{# The next division above one of the register. #}
{% macro upper_code(division) -%}
    case {{ division }}.level
        when 'village' then coalesce({{ codes_of(division, ['township', 'county', 'city', 'province']) }})
        when 'township' then coalesce({{ codes_of(division, ['county', 'city', 'province']) }})
        when 'county' then coalesce({{ codes_of(division, ['city', 'province']) }})
        when 'city' then {{ division }}.province_code
    end
{%- endmacro %}


{% macro codes_of(relation, of_levels) -%}
    {% for level in of_levels %}{{ relation }}.{{ level }}_code{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}


{# The deepest division that is known of a row with a code per level. #}
{% macro deepest_code(relation) -%}
    coalesce({{ codes_of(relation, levels() | reverse | list) }})
{%- endmacro %}


{# Whether a row of a track leaves its spell at the more precise place that earlier rows knew. #}
{% macro keeps_place(row, before) -%}
    not {{ row }}.is_anew
    and {{ packed_rank(before ~ '.dest_place') }} < coalesce({{ packed_rank(row ~ '.dest_place') }}, 'z')
    and {{ compatible_packed(row ~ '.dest_place', before ~ '.dest_place') }}
{%- endmacro %}


{# The same of two places as one text each. #}
{% macro compatible_packed(place, other_place) -%}
    {{ compatible_places(
        packed_code(place), packed_path(place), packed_code(other_place), packed_path(other_place)
    ) }}
{%- endmacro %}


{# The ancestors of a division and itself, from the province down, as one text. #}
{% macro path_of(division) -%}
    concat_ws('/'{% for level in levels() %}, {{ division }}.{{ level }}_code{% endfor %})
{%- endmacro %}
