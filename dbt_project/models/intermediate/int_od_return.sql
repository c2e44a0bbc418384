with recursive corrected as (
    select
        file_id,
        file_id as first_file_id
    from {{ ref('stg_file') }}
    where form_id = 'od_return' and corrects_file_id is null
    union all
    select
        slip.file_id,
        corrected.first_file_id
    from corrected
    inner join {{ ref('stg_file') }} as slip on corrected.file_id = slip.corrects_file_id
),

-- where the row names its own unit, that is the end of which the sheet has no column
cell as (
    select
        reported.file_id,
        reported.sheet,
        reported.row_number,
        reported.item,
        reported.persons,
        reported.unit_code,
        listed.period,
        listed.reported_on,
        coalesce(corrected.first_file_id, reported.file_id) as return_id,
        case
            when reported.origin_code = reported.unit_code and reported.dest_code != reported.unit_code
                then reported.cell_unit_code
            else reported.origin_code
        end as origin_code,
        case
            when reported.dest_code = reported.unit_code and reported.origin_code != reported.unit_code
                then reported.cell_unit_code
            else reported.dest_code
        end as dest_code
    from {{ ref('stg_report_cell') }} as reported
    inner join {{ ref('int_current_file') }} as listed
        on reported.file_id = listed.file_id and listed.list_kind = 'full'
    left join {{ ref('stg_form_item') }} as declared
        on reported.form_id = declared.form_id and reported.item = declared.item
    left join corrected on reported.file_id = corrected.file_id
    -- people at some distance, and all who went from a unit, have no second end
    where
        reported.form_id = 'od_return'
        and declared.range is null
        and not (reported.origin_code = reported.unit_code and reported.dest_code = reported.unit_code)
),

-- a place around the sender's unit is as much of it as the sender can speak of
placed as (
    select
        cell.*,
        unit.path as unit_path,
        case
            when
                {{ path_holds('origin.path', 'unit.path') }} and not {{ path_holds('destination.path', 'unit.path') }}
                and not {{ path_holds('unit.path', 'destination.path') }}
                then unit.path
            else origin.path
        end as origin_path,
        case
            when
                {{ path_holds('destination.path', 'unit.path') }} and not {{ path_holds('origin.path', 'unit.path') }}
                and not {{ path_holds('unit.path', 'origin.path') }}
                then unit.path
            else destination.path
        end as dest_path
    from cell
    inner join {{ ref('int_od_place') }} as unit on cell.unit_code = unit.code
    inner join {{ ref('int_od_place') }} as origin on cell.origin_code = origin.code
    inner join {{ ref('int_od_place') }} as destination on cell.dest_code = destination.code
),

sided as (
    select
        *,
        {{ path_holds('unit_path', 'origin_path') }} as has_origin,
        {{ path_holds('unit_path', 'dest_path') }} as has_destination
    from placed
),

-- a sheet with people of its unit elsewhere, and none from elsewhere, is of those who went out
sheet as (
    select
        return_id,
        sheet,
        bool_or(has_origin and not has_destination) as is_of_outgoing,
        bool_or(has_destination and not has_origin) as is_of_incoming
    from sided
    group by return_id, sheet
),

spoken as (
    {% for side, other in [('origin', 'destination'), ('destination', 'origin')] %}
    {% set only_other = 'sheet.is_of_incoming and not sheet.is_of_outgoing' if side == 'origin'
        else 'sheet.is_of_outgoing and not sheet.is_of_incoming' %}
        select
            sided.*,
            '{{ side }}' as side
        from sided
        inner join sheet on sided.return_id = sheet.return_id and sided.sheet = sheet.sheet
        where sided.has_{{ side }} and not (sided.has_{{ other }} and {{ only_other }})
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

sender as (
    select distinct
        period,
        side,
        unit_path
    from spoken
),

-- of the units that hold the end and have sent a return, the widest that does not hold both ends speaks, or the widest
voice as (
    select
        spoken.period,
        spoken.side,
        spoken.origin_path,
        spoken.dest_path,
        coalesce(
            min(sender.unit_path) filter (
                where not (
                    {{ path_holds('sender.unit_path', 'spoken.origin_path') }}
                    and {{ path_holds('sender.unit_path', 'spoken.dest_path') }}
                )
            ),
            min(sender.unit_path)
        ) as unit_path
    from (
        select distinct
            period,
            side,
            origin_path,
            dest_path
        from spoken
    ) as spoken
    inner join sender
        on
            spoken.period = sender.period
            and spoken.side = sender.side
            and {{ path_holds(
                'sender.unit_path',
                "case spoken.side when 'origin' then spoken.origin_path else spoken.dest_path end"
            ) }}
    group by all
),

-- of two returns of one unit and day that both have a cell, one speaks
chosen as (
    select
        period,
        side,
        unit_path,
        item,
        origin_path,
        dest_path,
        min(return_id) as return_id
    from spoken
    group by all
)

select
    spoken.file_id,
    spoken.sheet,
    spoken.row_number,
    spoken.item,
    spoken.side,
    spoken.period,
    spoken.reported_on,
    spoken.unit_code,
    spoken.unit_path,
    spoken.origin_path,
    spoken.dest_path,
    spoken.has_origin and spoken.has_destination as is_inside,
    spoken.persons,
    spoken.unit_path = voice.unit_path and spoken.return_id = chosen.return_id as is_heard
from spoken
inner join voice
    on
        spoken.period = voice.period
        and spoken.side = voice.side
        and spoken.origin_path = voice.origin_path
        and spoken.dest_path = voice.dest_path
inner join chosen
    on
        spoken.period = chosen.period
        and spoken.side = chosen.side
        and spoken.unit_path = chosen.unit_path
        and spoken.item = chosen.item
        and spoken.origin_path = chosen.origin_path
        and spoken.dest_path = chosen.dest_path
