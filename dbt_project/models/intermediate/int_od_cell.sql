with

heard as (
    select distinct
        period,
        side,
        unit_path,
        origin_path,
        dest_path
    from {{ ref('int_od_return') }}
    where is_heard
),

-- what a return tells in more detail
told_finer as (
    select distinct
        heard.period,
        heard.side,
        heard.unit_path,
        {{ path_to_depth('heard.origin_path', 'origin_depth.depth') }} as origin_path,
        {{ path_to_depth('heard.dest_path', 'dest_depth.depth') }} as dest_path
    from heard
    cross join {{ path_depths() }} as origin_depth
    cross join {{ path_depths() }} as dest_depth
    where
        origin_depth.depth <= {{ path_depth('heard.origin_path') }}
        and dest_depth.depth <= {{ path_depth('heard.dest_path') }}
        and origin_depth.depth + dest_depth.depth
        < {{ path_depth('heard.origin_path') }} + {{ path_depth('heard.dest_path') }}
),

-- a cell beside finer ones of the same return is of those of whom nothing finer is known
cell_0 as (
    select
        heard.period,
        heard.origin_path as first_origin,
        heard.dest_path as first_dest,
        bool_and(finer.period is not null) as is_rest,
        heard.origin_path,
        heard.dest_path
    from heard
    left join told_finer as finer
        on
            heard.period = finer.period
            and heard.side = finer.side
            and heard.unit_path = finer.unit_path
            and heard.origin_path = finer.origin_path
            and heard.dest_path = finer.dest_path
    group by all
),

-- a raised cell may meet further ones
{% for step in range(4) %}
    block_{{ step }} as (
        select
            period,
            origin_path,
            dest_path,
            bool_and(is_rest) as is_rest
        from cell_{{ step }}
        group by period, origin_path, dest_path
    ),

    raised_{{ step }} as (
        {{ raised_cells('block_' ~ step) }}
    ),

    cell_{{ step + 1 }} as (
        select
            cell.period,
            cell.first_origin,
            cell.first_dest,
            cell.is_rest,
            raised.origin_path,
            raised.dest_path
        from cell_{{ step }} as cell
        inner join raised_{{ step }} as raised
            on
                cell.period = raised.period
                and cell.origin_path = raised.block_origin
                and cell.dest_path = raised.block_dest
    ){{ ',' if not loop.last }}
{% endfor %}

select
    period,
    first_origin,
    first_dest,
    is_rest,
    origin_path,
    dest_path
from cell_4
