{# One digit for the depth of a place, the deepest smallest, so that the smallest text is the deepest place. #}
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


{# A place as one text: depth digit, 12-digit code, path. The smallest of such texts is the deepest place, then code. #}
{% macro pack_place(code, level, path="''") -%}
    {{ depth_digit(level) }} || {{ code }} || {{ path }}
{%- endmacro %}


{% macro packed_code(packed) -%}
    substring({{ packed }}, 2, 12)
{%- endmacro %}


{% macro packed_level(packed) -%}
    {{ level_of_digit('substring(' ~ packed ~ ', 1, 1)') }}
{%- endmacro %}


{% macro packed_path(packed) -%}
    substring({{ packed }}, 14)
{%- endmacro %}


{#
    Two places are compatible when one is the other or lies in it: nothing that is known of both differs.
    Paths name the ancestors in the register of their day, so a code's own digits are never trusted; the same code
    stays compatible with itself when the register moved it. An unknown place is compatible with any.
#}
{% macro compatible_places(code, path, other_code, other_path) -%}
    coalesce(
        {{ code }} = {{ other_code }}
        or substring({{ path }}, 1, length({{ other_path }})) = {{ other_path }}
        or substring({{ other_path }}, 1, length({{ path }})) = {{ path }},
        true
    )
{%- endmacro %}


{# Whether a row of a track leaves its spell at the more precise place that earlier rows knew. #}
{% macro keeps_place(row, before) -%}
    not {{ row }}.is_anew
    and length(coalesce({{ before }}.dest_path, '')) > length(coalesce({{ row }}.dest_path, ''))
    and {{ compatible_places(row ~ '.dest_code', row ~ '.dest_path', before ~ '.dest_code', before ~ '.dest_path') }}
{%- endmacro %}
