{#
    Both ends' lists side by side, person by person. Why the other end does not show somebody is decided by the first
    rule that holds: it shows the person at another place; it shows this stay at another time; it sends no lists here;
    the place is not known to the village; its unit sent no list for the month; its list is older than the arrival.
#}
{{ config(materialized='view') }}
with

counted as (
    select
        month.as_of,
        counting.definition_id,
        stay.stay_id,
        stay.origin_code,
        stay.dest_code,
        stay.arrived_by,
        known.by_origin,
        known.by_destination,
        case when known.by_origin then 'destination' else 'origin' end as missing_side,
        case when known.by_origin then stay.dest_code else stay.origin_code end as missing_code,
        case
            when known.by_origin then known.is_reported_by_destination
            else known.is_reported_by_origin
        end as is_reported_by_missing
    from {{ ref('int_counting_month') }} as month
    inner join {{ ref('int_counting_interval') }} as counting on {{ is_counted('counting', 'month.as_of') }}
    inner join {{ ref('int_counting_stay') }} as stay on counting.part_number = stay.part_number
    inner join {{ ref('int_known_interval') }} as known
        on
            counting.part_number = known.part_number
            and known.from_day <= month.as_of
            and month.as_of < known.to_day
),

-- somebody whom lists of a side show on the day, as living or registered somewhere
shown as (
    select distinct
        month.as_of,
        sender.person_key,
        sender.side,
        sender.stay_id
    from {{ ref('int_counting_month') }} as month
    inner join {{ ref('stay_sender') }} as sender
        on
            month.as_of >= sender.says_from
            and (sender.says_until is null or month.as_of < sender.says_until)
),

elsewhere as (
    select distinct
        shown.as_of,
        shown.side,
        other.stay_id
    from shown
    inner join {{ ref('stay') }} as other
        on
            shown.person_key = other.person_key
            and shown.stay_id != other.stay_id
),

home as (
    select distinct place_code
    from {{ ref('int_counting_home') }}
),

explained as (
    select
        counted.as_of,
        counted.definition_id,
        counted.origin_code,
        counted.dest_code,
        counted.by_origin,
        counted.by_destination,
        case
            when counted.by_origin and counted.by_destination then 'none'
            when elsewhere.stay_id is not null then 'place'
            when counted.is_reported_by_missing then 'timing'
            when home.place_code is null then 'outside'
            when place.level != 'village' then 'coarser_place'
            when list.reported_on is null then 'missing_return'
            when list.reported_on < counted.arrived_by then 'timing'
            else 'unexplained'
        end as cause
    from counted
    left join elsewhere
        on
            counted.as_of = elsewhere.as_of
            and counted.missing_side = elsewhere.side
            and counted.stay_id = elsewhere.stay_id
    left join home
        on counted.missing_code = home.place_code
    {{ join_place('place', 'counted.missing_code', 'counted.as_of', ref('int_counting_place')) }}
    left join {{ ref('int_expected_list') }} as list
        on
            counted.as_of = list.as_of
            and counted.missing_side = list.side
            and counted.missing_code = list.place_code
),

by_pair as (
    select
        as_of,
        definition_id,
        origin_code,
        dest_code,
        cause,
        count(*) filter (where by_origin) as by_origin,
        count(*) filter (where by_destination) as by_destination,
        count(*) filter (where by_origin and by_destination) as by_both,
        count(*) filter (where by_origin and not by_destination) as only_origin,
        count(*) filter (where by_destination and not by_origin) as only_destination
    from explained
    group by all
),

level as (
    select unnest({{ levels() }}) as level
)

select
    by_pair.as_of,
    by_pair.definition_id,
    {{ key_at_asked_level('origin', 'level.level') }} as origin_code,
    {{ key_at_asked_level('destination', 'level.level') }} as dest_code,
    level.level,
    by_pair.cause,
    cast(sum(by_pair.by_origin) as bigint) as by_origin,
    cast(sum(by_pair.by_destination) as bigint) as by_destination,
    cast(sum(by_pair.by_both) as bigint) as "both",
    cast(sum(by_pair.only_origin) as bigint) as only_origin,
    cast(sum(by_pair.only_destination) as bigint) as only_destination
from by_pair
cross join level
{{ join_place('origin', 'by_pair.origin_code', 'by_pair.as_of', ref('int_counting_place')) }}
{{ join_place('destination', 'by_pair.dest_code', 'by_pair.as_of', ref('int_counting_place')) }}
group by all
