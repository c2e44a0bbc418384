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
),

age as (
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
),

dated as (
    select
        dispute.*,
        age.disputed_since,
        coalesce(age.is_open, false) as is_open,
        coalesce(age.is_current, false) as is_current
    from dispute
    left join age
        on
            dispute.period = age.period
            and dispute.origin_path = age.origin_path
            and dispute.dest_path = age.dest_path
            and dispute.item = age.item
),

division as (
    select
        code,
        level,
        row_number() over (partition by code order by valid_from desc) as choice
    from {{ ref('division') }}
)

select
    dated.period,
    {{ path_code('dated.origin_path') }} as origin_code,
    origin.level as origin_level,
    {{ path_code('dated.dest_path') }} as dest_code,
    destination.level as dest_level,
    dated.item,
    dated.by_origin,
    dated.by_destination,
    case
        when dated.standing = 'agreed' then coalesce(dated.by_origin, dated.by_destination)
    end as agreed,
    dated.by_origin - dated.by_destination as difference,
    dated.standing,
    dated.cause,
    dated.disputed_since,
    cast(date_diff('month', cast(dated.disputed_since || '-01' as date), cast(dated.period || '-01' as date)) as bigint)
        as age_months,
    dated.is_open,
    dated.is_current,
    dated.definition_id,
    {% set day = "dated.origin_reported_on >= coalesce(dated.destination_reported_on, dated.origin_reported_on)" %}
    case when {{ day }} then dated.records_on_origin_day else dated.records_on_destination_day end as by_records,
    case
        when {{ day }} then dated.possible_on_origin_day - dated.records_on_origin_day
        else dated.possible_on_destination_day - dated.records_on_destination_day
    end as by_records_unknown,
    greatest(dated.origin_reported_on, dated.destination_reported_on) as records_on,
    dated.origin_units,
    dated.origin_reported_on,
    dated.origin_coverage,
    cast(dated.origin_cells as bigint) as origin_cells,
    split_part(dated.origin_row, chr(0), 1) as origin_file_id,
    split_part(dated.origin_row, chr(0), 2) as origin_sheet,
    cast(split_part(dated.origin_row, chr(0), 3) as bigint) as origin_row_number,
    dated.destination_units,
    dated.destination_reported_on,
    dated.destination_coverage,
    cast(dated.destination_cells as bigint) as destination_cells,
    split_part(dated.destination_row, chr(0), 1) as destination_file_id,
    split_part(dated.destination_row, chr(0), 2) as destination_sheet,
    cast(split_part(dated.destination_row, chr(0), 3) as bigint) as destination_row_number
from dated
left join division as origin on {{ path_code('dated.origin_path') }} = origin.code and origin.choice = 1
left join division as destination on {{ path_code('dated.dest_path') }} = destination.code and destination.choice = 1
