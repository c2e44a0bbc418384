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
    What one step of raising makes of the cells of `blocks`: each end becomes the coarsest that any cell overlapping it has.
    Two cells overlap when at each end one place holds the other: the cell that both know has the coarser place of either,
    so one of the two has its origin and one has its destination. A rest raises nobody.
#}
{% macro raised_cells(blocks) -%}
    select
        block.period,
        block.origin_path as block_origin,
        block.dest_path as block_dest,
        -- of beginnings of one path the smallest is the shortest
        least(block.origin_path, min(met.origin_path)) as origin_path,
        least(block.dest_path, min(met.dest_path)) as dest_path
    from {{ blocks }} as block
    left join (
        -- the other holds the cell
        select
            below.period,
            below.origin_path as block_origin,
            below.dest_path as block_dest,
            above.origin_path,
            above.dest_path
        from {{ blocks }} as below
        cross join {{ path_depths() }} as origin_depth
        cross join {{ path_depths() }} as dest_depth
        inner join {{ blocks }} as above
            on
                below.period = above.period
                and {{ path_to_depth('below.origin_path', 'origin_depth.depth') }} = above.origin_path
                and {{ path_to_depth('below.dest_path', 'dest_depth.depth') }} = above.dest_path
        where
            not above.is_rest
            and origin_depth.depth <= {{ path_depth('below.origin_path') }}
            and dest_depth.depth <= {{ path_depth('below.dest_path') }}
    {% for coarse, fine in [('dest', 'origin'), ('origin', 'dest')] %}
        union all
        -- the other knows one end less well, and the other end better
        select
            block.period,
            block.origin_path as block_origin,
            block.dest_path as block_dest,
            {{ 'other' if coarse == 'origin' else 'block' }}.origin_path,
            {{ 'other' if coarse == 'dest' else 'block' }}.dest_path
        from {{ blocks }} as block
        cross join {{ path_depths() }} as depth
        inner join (
            select
                raising.period,
                raising.{{ coarse }}_path,
                {{ path_to_depth('raising.' ~ fine ~ '_path', 'above.depth') }} as {{ fine }}_above
            from {{ blocks }} as raising
            cross join {{ path_depths() }} as above
            where not raising.is_rest and above.depth < {{ path_depth('raising.' ~ fine ~ '_path') }}
        ) as other
            on
                block.period = other.period
                and block.{{ fine }}_path = other.{{ fine }}_above
                and {{ path_to_depth('block.' ~ coarse ~ '_path', 'depth.depth') }} = other.{{ coarse }}_path
        where depth.depth < {{ path_depth('block.' ~ coarse ~ '_path') }}
    {% endfor %}
    ) as met
        on
            block.period = met.period
            and block.origin_path = met.block_origin
            and block.dest_path = met.block_dest
    group by block.period, block.origin_path, block.dest_path
{%- endmacro %}
