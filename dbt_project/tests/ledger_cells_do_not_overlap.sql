-- A cell that the ledger compares lies in no other one, but for rests: else the same people would be compared twice.
select
    cell.period,
    cell.origin_path,
    cell.dest_path
from (
    select
        period,
        origin_path,
        dest_path,
        bool_and(is_rest) as is_rest
    from {{ ref('int_od_cell') }}
    group by period, origin_path, dest_path
) as cell
cross join {{ path_depths() }} as origin_depth
cross join {{ path_depths() }} as dest_depth
inner join {{ ref('int_od_cell') }} as wider
    on
        not wider.is_rest
        and cell.period = wider.period
        and {{ path_to_depth('cell.origin_path', 'origin_depth.depth') }} = wider.origin_path
        and {{ path_to_depth('cell.dest_path', 'dest_depth.depth') }} = wider.dest_path
where
    not cell.is_rest
    and origin_depth.depth <= {{ path_depth('cell.origin_path') }}
    and dest_depth.depth <= {{ path_depth('cell.dest_path') }}
    and (cell.origin_path != wider.origin_path or cell.dest_path != wider.dest_path)
