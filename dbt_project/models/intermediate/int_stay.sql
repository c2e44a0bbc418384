{#
    The stays of a person in the order of arrival: a later arrival elsewhere ends the stay that is, or may be, still
    open then, and carries on its absence from the hukou place. A death ends every stay that may be open then or begins
    later, whatever other forms say. What is still open, but has not been confirmed for too long, has lapsed.
#}
{%- set same_place = compatible_places('dest_code', 'dest_path', 'next_dest_code', 'next_dest_path') -%}
with placed as (
    select
        *,
        {{ packed_code('origin_place') }} as origin_code,
        {{ packed_level('origin_place') }} as origin_level,
        {{ packed_code('dest_place') }} as dest_code,
        {{ packed_level('dest_place') }} as dest_level,
        {{ packed_path('dest_place') }} as dest_path,
        coalesce(arrived_date, arrived_before) as start_on
    from {{ ref('int_stay_merged') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by person_key
            order by start_on, first_reported, dest_code, stay_rank
        ) as stay_number
    from placed
),

followed as (
    select
        *,
        lead(arrived_date) over person as next_arrived_date,
        lead(arrived_after) over person as next_arrived_after,
        lead(left_from) over person as next_left_from,
        lead(dest_code) over person as next_dest_code,
        lead(dest_path) over person as next_dest_path,
        lead(start_on) over person as next_start_on,
        coalesce(ended_date, ended_before, date '9999-12-31') as possible_end,
        case when end_kind is null then least(last_reported, confirmed_until) else ended_after end as last_certain_on
    from numbered
    window person as (partition by person_key order by stay_number)
),

met as (
    select
        *,
        case
            when next_start_on is null then false
            when next_arrived_date is not null then possible_end > next_arrived_date
            when ended_date is not null then ended_date > next_start_on
            else possible_end > coalesce(next_arrived_after, next_left_from, date '0001-01-01')
        end as is_overtaken
    from followed
),

-- the end is exact where the next arrival is and nothing says that the stay may have ended before
overtaken as (
    select
        *,
        case
            when not is_overtaken then ended_date
            when ended_date is not null or coalesce(ended_after, confirmed_until) >= next_arrived_date
                then next_arrived_date
            when end_kind is null and confirmed_until is null then next_arrived_date
        end as met_date,
        case
            when not is_overtaken then ended_after
            when next_arrived_date is not null or possible_end < next_start_on
                then coalesce(ended_after, confirmed_until)
            when last_certain_on < next_start_on then greatest(last_certain_on, next_arrived_after)
            else next_arrived_after
        end as met_after,
        case when is_overtaken then least(ended_before, next_start_on) else ended_before end as met_before,
        case
            when is_overtaken and (end_kind is null or not {{ same_place }}) then 'moved_on'
            else end_kind
        end as met_kind
    from met
),

-- of several claims of a death the narrowest counts, of those the earliest
death as (
    select
        person_key,
        min(
            {{ pack_span(
                "coalesce(ended_date, " ~ not_after(plus_days('ended_after', '1'), 'ended_before')
                ~ ", " ~ first_of_days() ~ ")",
                'coalesce(ended_date, ended_before)',
            ) }}
        ) as died_span
    from {{ ref('int_spell') }}
    where end_kind = 'died'
    group by person_key
),

mortal as (
    select
        o.*,
        {{ published_date(span_from('d.died_span'), span_to('d.died_span')) }} as died_date,
        case
            when {{ span_from('d.died_span') }} > {{ first_of_days() }}
                then {{ published_after(span_from('d.died_span'), span_to('d.died_span')) }}
        end as died_after,
        {{ span_to('d.died_span') }} as died_by,
        case
            when o.met_date is not null then date '9999-12-31'
            when o.met_kind is null then coalesce(o.confirmed_until, date '9999-12-31')
            else o.met_after
        end as certain_until,
        coalesce(
            coalesce(o.met_date, o.met_before, date '9999-12-31') > {{ span_to('d.died_span') }}, false
        ) as is_dying
    from overtaken as o
    left join death as d on o.person_key = d.person_key
),

dead as (
    select
        *,
        case
            when not is_dying then met_date
            when certain_until >= died_date then {{ not_before('died_date', 'coalesce(arrived_date, arrived_after)') }}
        end as dead_date,
        case
            when not is_dying then met_after
            when certain_until >= died_by then died_after
            else certain_until
        end as dead_after,
        case
            when is_dying then {{ not_before('died_by', 'arrived_after') }}
            else met_before
        end as dead_before,
        case when is_dying then 'died' else met_kind end as dead_kind,
        case
            when met_kind is null and not is_dying then {{ not_before('confirmed_until', 'arrived_date') }}
        end as vouched_until
    from mortal
),

lapsed as (
    select
        d.*,
        case when d.vouched_until < site.run_date then d.vouched_until else d.dead_after end as final_after,
        case when d.vouched_until < site.run_date then 'lapsed' else d.dead_kind end as final_kind
    from dead as d
    cross join {{ ref('stg_site') }} as site
),

-- a stay is open on the day of arrival: no interval of its end reaches back behind it
floored as (
    select
        *,
        case
            when final_kind is not null and dead_date is null then greatest(final_after, arrived_date)
        end as floored_after,
        case when dead_date is null then {{ not_before('dead_before', 'arrived_date') }} end as floored_before,
        lag(final_kind) over (partition by person_key order by stay_number) as previous_kind
    from lapsed
),

chained as (
    select
        *,
        coalesce(dead_date, case when floored_after >= floored_before then floored_before end) as final_date,
        sum(case when previous_kind = 'moved_on' then 0 else 1 end) over (
            partition by person_key
            order by stay_number
            rows between unbounded preceding and current row
        ) as absence_number
    from floored
),

settled as (
    select
        *,
        coalesce(left_from, last_value(left_from ignore nulls) over absence) as absence_left_from,
        coalesce(left_to, last_value(left_to ignore nulls) over absence) as absence_left_to,
        -- where claims contradict each other, nothing ends before it began
        {{ not_after('arrived_before', not_before('final_date', 'arrived_after')) }} as final_arrived_before,
        concat_ws('|', person_key, coalesce(first_dest_code, ''), start_on) as stay_name
    from chained
    window absence as (
        partition by person_key, absence_number
        order by stay_number
        rows between unbounded preceding and current row
    )
),

bounded as (
    select
        *,
        case
            when absence_left_from <= coalesce(arrived_date, final_arrived_before) then absence_left_from
        end as final_left_from,
        {{ not_after('absence_left_to', 'coalesce(arrived_date, final_arrived_before)') }} as final_left_to
    from settled
)

select
    person_key,
    stay_rank,
    stay_number,
    md5(
        concat_ws('|', stay_name, nullif(row_number() over (partition by stay_name order by stay_number), 1))
    ) as stay_id,
    origin_code,
    origin_level,
    dest_code,
    dest_level,
    dest_path,
    {{ published_date('final_left_from', 'final_left_to') }} as left_hukou_date,
    {{ published_after('final_left_from', 'final_left_to') }} as left_hukou_after,
    {{ published_before('final_left_from', 'final_left_to') }} as left_hukou_before,
    arrived_date,
    arrived_after,
    final_arrived_before as arrived_before,
    case
        when previous_kind = 'moved_on' then 'moved_on'
        when previous_kind is not null then 'again'
        when is_arrival_said then 'arrived'
        else 'first_reported'
    end as begin_kind,
    final_date as ended_date,
    case when final_date is null then floored_after end as ended_after,
    case when final_date is null then floored_before end as ended_before,
    final_kind as end_kind,
    vouched_until as confirmed_until,
    reason_code,
    dwelling_code,
    evidence_count,
    forms,
    first_reported,
    last_reported
from bounded
