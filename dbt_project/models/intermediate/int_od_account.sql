{% set side_end = "case sender.side when 'origin' then cell.origin_path else cell.dest_path end" %}
with

-- what a side says of a cell, and where
said as (
    select
        returned.period,
        returned.side,
        cell.origin_path,
        cell.dest_path,
        returned.item,
        sum(returned.persons) as persons,
        count(*) as cells,
        max(returned.reported_on) as reported_on,
        min(
            returned.file_id || chr(0) || returned.sheet || chr(0) || lpad(cast(returned.row_number as varchar), 9, '0')
        ) as first_row
    from {{ ref('int_od_return') }} as returned
    inner join {{ ref('int_od_cell') }} as cell
        on
            returned.period = cell.period
            and returned.origin_path = cell.first_origin
            and returned.dest_path = cell.first_dest
    where returned.is_heard
    group by all
),

told as (
    select
        period,
        origin_path,
        dest_path,
        item
    from said
    group by all
),

cell as (
    select distinct
        period,
        origin_path,
        dest_path
    from told
),

-- the returns that can speak for a side of a cell: of units that hold its end, or of some that lie in it; one that does
-- not tell of moves inside its own unit says nothing of them
answerable as (
    select
        cell.period,
        sender.side,
        cell.origin_path,
        cell.dest_path,
        bool_or({{ path_holds('sender.unit_path', side_end) }} and not sender.is_cut) as is_whole,
        {{ distinct_names('sender.unit_code', "'+'") }} as units,
        max(sender.reported_on) as reported_on,
        list_distinct(flatten(array_agg(sender.items))) as items
    from cell
    inner join {{ ref('int_od_sender') }} as sender on cell.period = sender.period
    where
        (
            {{ path_holds('sender.unit_path', side_end) }}
            or {{ path_holds(side_end, 'sender.unit_path') }}
        )
        and (
            sender.tells_inside
            or not (
                {{ path_holds('sender.unit_path', 'cell.origin_path') }}
                and {{ path_holds('sender.unit_path', 'cell.dest_path') }}
            )
        )
    group by all
)

select
    told.period,
    told.origin_path,
    told.dest_path,
    told.item,
    declared.definition_id,
{% for side in ['origin', 'destination'] %}
    cast({{ side }}.persons as bigint) as by_{{ side }},
    coalesce({{ side }}.cells, 0) as {{ side }}_cells,
    {{ side }}.first_row as {{ side }}_row,
    {{ side }}_answer.units as {{ side }}_units,
    coalesce({{ side }}.reported_on, {{ side }}_answer.reported_on) as {{ side }}_reported_on,
    case
        when {{ side }}_answer.period is null then 'none'
        when {{ side }}_answer.is_whole then 'whole'
        else 'part'
    end as {{ side }}_coverage,
    coalesce(list_contains({{ side }}_answer.items, told.item), false) as is_counted_by_{{ side }}
    {{- ',' if not loop.last }}
{% endfor %}
from told
left join {{ ref('stg_form_item') }} as declared on declared.form_id = 'od_return' and told.item = declared.item
{% for side in ['origin', 'destination'] %}
    left join said as {{ side }}
        on
            '{{ side }}' = {{ side }}.side
            and told.period = {{ side }}.period
            and told.origin_path = {{ side }}.origin_path
            and told.dest_path = {{ side }}.dest_path
            and told.item = {{ side }}.item
    left join answerable as {{ side }}_answer
        on
            '{{ side }}' = {{ side }}_answer.side
            and told.period = {{ side }}_answer.period
            and told.origin_path = {{ side }}_answer.origin_path
            and told.dest_path = {{ side }}_answer.dest_path
{% endfor %}
