{#
    A dispute goes on from month to month also where more or less is told of its places: a cell counts with those that
    hold it or lie in it, but for rests, which are of other people than the cells beside them. A month in which all that
    was compared of them is agreed ends it, and so does one in which both sides leave them out.
#}
with

cell as (
    select
        period,
        origin_path,
        dest_path,
        bool_and(is_rest) as is_rest
    from {{ ref('int_od_cell') }}
    group by period, origin_path, dest_path
),

dispute as (
    select
        standing.*,
        cell.is_rest
    from {{ ref('int_od_dispute') }} as standing
    inner join cell
        on
            standing.period = cell.period
            and standing.origin_path = cell.origin_path
            and standing.dest_path = cell.dest_path
),

cell_ever as (
    select distinct
        item,
        origin_path,
        dest_path
    from dispute
),

beyond as (
    {{ overlapping_cells('cell_ever', 'cell_ever', 'item') }}
),

alike as (
    select * from beyond
    union
    select
        item,
        other_origin,
        other_dest,
        origin_path,
        dest_path
    from beyond
),

-- every month of what is disputed or awaited
month as (
    select
        dispute.period,
        dispute.origin_path,
        dispute.dest_path,
        dispute.item,
        other.period as other_period,
        bool_or(other.standing = dispute.standing) as stands_so,
        bool_or(other.standing in ('disputed', 'awaited')) as is_unsettled,
        bool_or(other.standing = 'agreed') and not is_unsettled as is_agreed
    from dispute
    inner join alike
        on
            dispute.item = alike.item
            and dispute.origin_path = alike.origin_path
            and dispute.dest_path = alike.dest_path
    inner join dispute as other
        on
            alike.item = other.item
            and alike.other_origin = other.origin_path
            and alike.other_dest = other.dest_path
    where
        dispute.standing in ('disputed', 'awaited')
        and (
            not (dispute.is_rest or other.is_rest)
            or (dispute.origin_path = other.origin_path and dispute.dest_path = other.dest_path)
        )
    group by all
),

-- in which months a whole return of a side counts the item, so that what it leaves out has nobody
open_cell as (
    select distinct
        origin_path,
        dest_path,
        item
    from dispute
    where standing in ('disputed', 'awaited')
),

{% for side in ['origin', 'destination'] %}
    {% set end = 'origin_path' if side == 'origin' else 'dest_path' %}
    counted_by_{{ side }} as (
        select distinct
            open_cell.*,
            sender.period
        from open_cell
        cross join {{ path_depths() }} as depth
        inner join {{ ref('int_od_sender') }} as sender
            on
                '{{ side }}' = sender.side
                and {{ path_to_depth('open_cell.' ~ end, 'depth.depth') }} = sender.unit_path
        where
            depth.depth <= {{ path_depth('open_cell.' ~ end) }}
            and not sender.is_cut
            and list_contains(sender.items, open_cell.item)
            and (
                sender.tells_inside
                or not (
                    {{ path_holds('sender.unit_path', 'open_cell.origin_path') }}
                    and {{ path_holds('sender.unit_path', 'open_cell.dest_path') }}
                )
            )
    ),
{% endfor %}

left_out as (
    select
        dispute.period,
        dispute.origin_path,
        dispute.dest_path,
        dispute.item,
        by_origin.period as other_period,
        false as stands_so,
        false as is_unsettled,
        true as is_agreed
    from dispute
    inner join counted_by_origin as by_origin
        on
            dispute.origin_path = by_origin.origin_path
            and dispute.dest_path = by_origin.dest_path
            and dispute.item = by_origin.item
    inner join counted_by_destination as by_destination
        on
            dispute.origin_path = by_destination.origin_path
            and dispute.dest_path = by_destination.dest_path
            and dispute.item = by_destination.item
            and by_origin.period = by_destination.period
    left join month
        on
            dispute.period = month.period
            and dispute.origin_path = month.origin_path
            and dispute.dest_path = month.dest_path
            and dispute.item = month.item
            and by_origin.period = month.other_period
    where dispute.standing in ('disputed', 'awaited') and month.period is null
),

every_month as (
    select * from month
    union all by name
    select * from left_out
),

since_agreement as (
    select
        *,
        coalesce(
            max(case when is_agreed and other_period < period then other_period end) over (
                partition by period, origin_path, dest_path, item
            ),
            ''
        ) as agreed_before
    from every_month
)

select
    period,
    origin_path,
    dest_path,
    item,
    min(other_period) filter (
        where stands_so and other_period > agreed_before and other_period <= period
    ) as disputed_since,
    not bool_or(is_agreed and other_period > period) as is_open,
    not bool_or((is_agreed or is_unsettled) and other_period > period) as is_current
from since_agreement
group by period, origin_path, dest_path, item
