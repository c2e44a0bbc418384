{#
    Where places lay on each day, one group of levels after the other from the top down (int_counting_place). Each group
    has three steps: what registers say of it inside what is known of the divisions above, what that was in the time of
    each predecessor and successor, and both put together by day. `values` are the columns carried along.
#}
{% macro columns_of(relation, columns) -%}
    {% for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}


{# The value that all have, null where one has another or none. #}
{% macro shared_value(column) -%}
    case when count({{ column }}) = count(*) and min({{ column }}) = max({{ column }}) then min({{ column }}) end
{%- endmacro %}


{# A value of the register, where nothing else is known of the division above. #}
{% macro value_inside(column, stage) -%}
    {%- if column in ('province_key', 'city_key') -%}
        case when above.code is null then listed.{{ column }} else above.{{ column }} end
    {%- elif column == 'county_key' and stage == 'county' -%}
        case
            when above.code is null or listed.county_key != listed.city_key then listed.county_key
            else above.city_key
        end
    {%- elif column == 'county_key' or (column == 'is_city_district' and stage != 'county') -%}
        case when above.code is null then listed.{{ column }} else above.{{ column }} end
    {%- elif column == 'township_key' and stage == 'village' -%}
        case
            when above.code is null then listed.township_key
            else coalesce(above.township_key, above.county_key)
        end
    {%- else -%}
        listed.{{ column }}
    {%- endif -%}
{%- endmacro %}


{# What registers say, in the days of what is known of the divisions above; above none of these is anything known. #}
{% macro places_inside(stage, upper, values) -%}
    select
        listed.code,
        greatest(listed.known_from, coalesce(above.known_from, {{ beginning_of_time() }})) as known_from,
        least(listed.known_to, coalesce(above.known_to, {{ end_of_time() }})) as known_to,
        above.code is not null as has_history_above
    {%- for column in values %},
        {{ value_inside(column, stage.name) }} as {{ column }}
    {%- endfor %}
    from listed
    left join (
        {% for each in upper -%}
        select * from {{ each.name }}_history
            {{ 'union all' if not loop.last }}
    {% endfor -%}
    {% if not upper %}select * from listed where false{% endif %}
    ) as above
        on
            listed.upper_code = above.code
            and listed.known_from < above.known_to
            and above.known_from < listed.known_to
    where listed.level in ('{{ stage.levels | join("', '") }}')
{%- endmacro %}


{# What was said of each predecessor and successor in its time. Deeper levels are taken as the register has them. #}
{% macro places_related(stage, upper, deeper, values) -%}
    select
        related.code,
        related.code = said.code as is_itself,
        greatest(related.known_from, said.known_from) as known_from,
        least(related.known_to, said.known_to) as known_to,
        {{ columns_of('said', values) }}
    from related
    inner join (
        {% for each in upper + [stage] -%}
    select code, known_from, known_to, {{ values | join(', ') }} from {{ each.name }}_inside
            union all
        {% endfor -%}
    select code, known_from, known_to, {{ values | join(', ') }}
        from listed
        where level in ('{{ deeper | join("', '") }}')
    ) as said
        on
            related.other_code = said.code
            and related.known_from < said.known_to
            and said.known_from < related.known_to
    where related.code in (
        select listed.code
        from listed
        where listed.level in ('{{ stage.levels | join("', '") }}')
    )
{%- endmacro %}


{# By day: itself where it existed, else what all its predecessors or successors of the day share. #}
{% macro places_shared(stage, values) -%}
    select
        part.code,
        part.known_from,
        part.known_to,
        count(piece.code) as pieces
    {%- for column in values %},
        case
            when count(*) filter (where piece.is_itself) > 0
                then max(piece.{{ column }}) filter (where piece.is_itself)
            else {{ shared_value('piece.' ~ column) }}
        end as {{ column }}
    {%- endfor %}
    from (
        select
            day.code,
            day.day as known_from,
            coalesce(lead(day.day) over (partition by day.code order by day.day), {{ end_of_time() }}) as known_to
        from (
            select code, known_from as day from {{ stage.name }}_related
            union
            select code, known_to as day from {{ stage.name }}_related where known_to < {{ end_of_time() }}
            union
            select code, {{ beginning_of_time() }} as day from {{ stage.name }}_related
        ) as day
    ) as part
    left join {{ stage.name }}_related as piece
        on
            part.code = piece.code
            and piece.known_from <= part.known_from
            and part.known_from < piece.known_to
    group by part.code, part.known_from, part.known_to
{%- endmacro %}


{# Where nothing is known of predecessors and successors, the register speaks. #}
{% macro places_history(stage, values) -%}
    select
        shared.code,
        shared.known_from,
        shared.known_to,
        {{ columns_of('shared', values) }}
    from {{ stage.name }}_shared as shared
    where shared.pieces > 0
    union all
    select
        shared.code,
        greatest(shared.known_from, inside.known_from) as known_from,
        least(shared.known_to, inside.known_to) as known_to,
        {{ columns_of('inside', values) }}
    from {{ stage.name }}_shared as shared
    inner join {{ stage.name }}_inside as inside
        on
            shared.code = inside.code
            and shared.known_from < inside.known_to
            and inside.known_from < shared.known_to
    where shared.pieces = 0
    union all
    select
        inside.code,
        inside.known_from,
        inside.known_to,
        {{ columns_of('inside', values) }}
    from {{ stage.name }}_inside as inside
    where inside.has_history_above and inside.code not in (select shared.code from {{ stage.name }}_shared as shared)
{%- endmacro %}
