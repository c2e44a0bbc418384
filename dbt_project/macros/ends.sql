{#
    What a row's end code says, as a number: up to 4 the person has gone, the strongest word first; from 5 on nobody knows
    any more whether the person is there. A registration made by mistake (MISTAKE) is no word about anybody and stops
    before (int_mistaken_row).
#}
{% macro end_word(end_code) -%}
    case {{ end_code }}
        when 'DEATH' then 1
        when 'BECAME_LOCAL_HUKOU' then 2
        when 'RETURNED' then 3
        when 'LEFT' then 4
        when 'OTHER' then 4
        when 'MISSING' then 5
        when 'EXPIRED' then 6
    end
{%- endmacro %}


{% macro says_gone(word) -%}
    coalesce({{ word }} <= 4, false)
{%- endmacro %}


{% macro says_doubtful(word) -%}
    coalesce({{ word }} >= 5, false)
{%- endmacro %}


{% macro end_kind_of(word) -%}
    case {{ word }}
        when 1 then 'died'
        when 2 then 'hukou_transferred'
        when 3 then 'returned'
        when 4 then 'left'
        when 5 then 'unknown'
        when 6 then 'lapsed'
    end
{%- endmacro %}
