{#
    A cell is asked for each day on which one of its sides reported, where one of its ends lies at home on that day: of
    other cells the records do not know everybody. They are counted once for each pair of places and rolled up to the cells
    that hold both; somebody known to live only somewhere in a wider place is in no cell below.
#}
with

reported_cell as (
    {% for side in ['origin', 'destination'] %}
        select
            origin_path,
            dest_path,
            item,
            {{ side }}_reported_on as day
        from {{ ref('int_od_account') }}
        where {{ side }}_reported_on is not null
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

cell as (
    select reported_cell.*
    from reported_cell
    where
        exists (
            select home.place_code
            from {{ ref('int_counting_home') }} as home
            where
                home.place_code in (
                    {{ path_code('reported_cell.origin_path') }}, {{ path_code('reported_cell.dest_path') }}
                )
                and reported_cell.day >= home.known_from
                and reported_cell.day < home.known_to
        )
),

asked as (
    select
        item.item,
        item.sex,
        {{ asked_definition_id('item', 'item.min_duration') }} as asked_id
    from {{ ref('stg_form_item') }} as item
    where item.form_id = 'od_return' and item.definition_id is not null
),

moved as (
    select distinct
        stay.origin_code,
        stay.dest_code,
        origin.path as origin_path,
        destination.path as dest_path
    from {{ ref('int_counting_stay') }} as stay
    inner join {{ ref('int_od_place') }} as origin on stay.origin_code = origin.code
    inner join {{ ref('int_od_place') }} as destination on stay.dest_code = destination.code
),

held as (
    select distinct
        origin_path,
        dest_path
    from cell
),

-- pairs of places that some cell holds
pair as (
    select
        moved.origin_code,
        moved.dest_code,
        held.origin_path,
        held.dest_path
    from moved
    cross join {{ path_depths() }} as origin_depth
    cross join {{ path_depths() }} as dest_depth
    inner join held
        on
            {{ path_to_depth('moved.origin_path', 'origin_depth.depth') }} = held.origin_path
            and {{ path_to_depth('moved.dest_path', 'dest_depth.depth') }} = held.dest_path
    where
        origin_depth.depth <= {{ path_depth('moved.origin_path') }}
        and dest_depth.depth <= {{ path_depth('moved.dest_path') }}
),

day as (
    select distinct cell.day
    from cell
),

counting as (
    select *
    from ({{ intervals_of_reports() }}) as interval_known
    where definition_id in (select asked.asked_id from asked)
),

counted as (
    select
        day.day,
        counting.definition_id,
        stay.origin_code,
        stay.dest_code,
        stay.sex,
        count(*) filter (where {{ is_counted('counting', 'day.day') }}) as persons,
        count(*) as persons_possible
    from day
    inner join counting on day.day >= counting.possible_from and day.day < counting.possible_to
    inner join {{ ref('int_counting_stay') }} as stay on counting.part_number = stay.part_number
    where
        exists (
            select pair.origin_code
            from pair
            where stay.origin_code = pair.origin_code and stay.dest_code = pair.dest_code
        )
    group by all
)

select
    cell.origin_path,
    cell.dest_path,
    cell.item,
    cell.day,
    cast(coalesce(sum(counted.persons) filter (where {{ is_as_required('asked.sex', 'counted.sex') }}), 0) as bigint)
        as persons,
    cast(coalesce(sum(counted.persons_possible), 0) as bigint) as persons_possible
from cell
inner join asked on cell.item = asked.item
left join pair on cell.origin_path = pair.origin_path and cell.dest_path = pair.dest_path
left join counted
    on
        pair.origin_code = counted.origin_code
        and pair.dest_code = counted.dest_code
        and cell.day = counted.day
        and asked.asked_id = counted.definition_id
        and {{ is_as_required('asked.sex', 'counted.sex') }} is distinct from false
group by cell.origin_path, cell.dest_path, cell.item, cell.day
