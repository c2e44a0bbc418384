{#
    Pieces of the ledger of both ends. A place stands there as its path: the codes of its ancestors from the province down
    and its own, 12 characters each with a stroke between them, so that what holds a place is a beginning of its path.
#}

{# How many divisions a path names. #}
{% macro path_depth(path) -%}
    ((length({{ path }}) + 1) // 13)
{%- endmacro %}


{# The beginning of a path that names so many divisions. #}
{% macro path_to_depth(path, depth) -%}
    left({{ path }}, cast(13 * {{ depth }} - 1 as integer))
{%- endmacro %}


{# The code of the place itself. #}
{% macro path_code(path) -%}
    right({{ path }}, 12)
{%- endmacro %}


{% macro path_holds(outer_path, inner_path) -%}
    (left({{ inner_path }}, length({{ outer_path }})) = {{ outer_path }})
{%- endmacro %}


{# One row for each depth that a path can have. #}
{% macro path_depths() -%}
    (select unnest(range(1, {{ levels() | length + 1 }})) as depth)
{%- endmacro %}


{#
    The cells of `others` that overlap one of `cells`, but for those that lie in it: at each end one place holds the
    other. Only cells with the same `key` are about the same people.
#}
{% macro overlapping_cells(cells, others, key) -%}
    -- the other holds the cell
    select
        cell.{{ key }},
        cell.origin_path,
        cell.dest_path,
        above.origin_path as other_origin,
        above.dest_path as other_dest
    from {{ cells }} as cell
    cross join {{ path_depths() }} as origin_depth
    cross join {{ path_depths() }} as dest_depth
    inner join {{ others }} as above
        on
            cell.{{ key }} = above.{{ key }}
            and {{ path_to_depth('cell.origin_path', 'origin_depth.depth') }} = above.origin_path
            and {{ path_to_depth('cell.dest_path', 'dest_depth.depth') }} = above.dest_path
    where
        origin_depth.depth <= {{ path_depth('cell.origin_path') }}
        and dest_depth.depth <= {{ path_depth('cell.dest_path') }}
    {% for coarse, fine in [('dest', 'origin'), ('origin', 'dest')] %}
        union all
        -- the other knows one end less well, and the other end better
        select
            cell.{{ key }},
            cell.origin_path,
            cell.dest_path,
            other.origin_path as other_origin,
            other.dest_path as other_dest
        from {{ cells }} as cell
        cross join {{ path_depths() }} as depth
        inner join (
            select
                beside.*,
                {{ path_to_depth('beside.' ~ fine ~ '_path', 'above.depth') }} as {{ fine }}_above
            from {{ others }} as beside
            cross join {{ path_depths() }} as above
            where above.depth < {{ path_depth('beside.' ~ fine ~ '_path') }}
        ) as other
            on
                cell.{{ key }} = other.{{ key }}
                and cell.{{ fine }}_path = other.{{ fine }}_above
                and {{ path_to_depth('cell.' ~ coarse ~ '_path', 'depth.depth') }} = other.{{ coarse }}_path
        where depth.depth < {{ path_depth('cell.' ~ coarse ~ '_path') }}
    {% endfor %}
{%- endmacro %}


{#
    What one step of raising makes of the cells of `blocks`: each end becomes the coarsest that any cell overlapping it
    has, since that is what both know. A rest raises nobody.
#}
{% macro raised_cells(blocks) -%}
    select
        block.period,
        block.origin_path as block_origin,
        block.dest_path as block_dest,
        -- of beginnings of one path, and of what begins with it, the smallest is the shortest
        least(block.origin_path, min(met.other_origin)) as origin_path,
        least(block.dest_path, min(met.other_dest)) as dest_path
    from {{ blocks }} as block
    left join (
        {{ overlapping_cells(blocks, '(select * from ' ~ blocks ~ ' where not is_rest)', 'period') }}
    ) as met
        on
            block.period = met.period
            and block.origin_path = met.origin_path
            and block.dest_path = met.dest_path
    group by block.period, block.origin_path, block.dest_path
{%- endmacro %}
